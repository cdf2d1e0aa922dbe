"""The gateway: the JupyterHub service that holds the credentials, applies the grants, and asks each provider once."""
