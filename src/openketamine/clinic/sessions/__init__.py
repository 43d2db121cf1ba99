"""Treatment sessions: facts in, requests answered, readings charted; the state is a fold."""
