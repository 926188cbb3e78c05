"""Networks as arithmetic: address plans, security rules in Azure's own order, and pictures of both. Asks nobody."""
