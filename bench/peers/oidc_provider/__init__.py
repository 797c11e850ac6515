"""node-oidc-provider, an OpenID Certified server for Node, with three adapters."""
