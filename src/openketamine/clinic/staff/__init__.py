"""Who works here, what each may do, and how a person proves who they are."""
