"""What professionals decide against a refusal, a lock or the lack of an approval: asked, approved, ended."""
