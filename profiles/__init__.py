"""What lasts: profiles, where they live, secrets and exports of variables. It imports neither wizard nor screens."""
