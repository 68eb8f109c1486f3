"""The page of web/: its constants, its building, the folder of files that any server can serve, and a server for this machine."""
