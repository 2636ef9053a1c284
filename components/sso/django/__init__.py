"""Sign-in to CVAT by an issuer's ID token. Runs in the image of CVAT's server, mounted as the package vision_platform_sso."""
