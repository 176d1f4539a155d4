# Credentials and Region come from the environment, as for the AWS provider.
provider "aurorakerberos" {}
