"""The register of sharing agreements, their signatures, and which parties are ready to take part."""
