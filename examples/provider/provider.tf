terraform {
  required_providers {
    aurorakerberos = {
      source  = "aurorakerberos/aurorakerberos"
      version = "~> 0.1"
    }
  }
}

# Credentials come from the environment, a profile or an instance role, as for the AWS provider.
provider "aurorakerberos" {
  region = "eu-central-1"

  default_tags {
    tags = {
      Owner = "identity-team"
    }
  }
}
