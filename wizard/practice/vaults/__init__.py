"""The data plane of key vaults: keys and secrets behind `https://ORIGIN/vault.azure.net/{vault}/`."""
