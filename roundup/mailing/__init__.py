"""An issue to its subscribers: who they are, what each is sent, and a ledger of what became of it."""
