"""One partnership's story, told through services, and what runs it on one machine. Nobody in it exists."""
