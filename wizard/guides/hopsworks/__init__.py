"""The Hopsworks guide: connect Azure to Hopsworks.ai, and prepare all that its clusters need, with the fewest rights."""

from __future__ import annotations
