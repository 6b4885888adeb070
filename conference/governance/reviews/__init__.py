"""The register of looks that information governance officers must take, and of what goes back."""
