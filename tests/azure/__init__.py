"""The Azure gateway against practice Azure and against servers that lie; the SDKs and the HTTPS are real."""
