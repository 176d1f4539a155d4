# Step 7 of AWS's guide: a user of the database for each of these users of the directory.
output "database_users" {
  value = [
    for alias in ["Alice", "bob"] : provider::aurorakerberos::principal(alias, "corp.example.com")
  ]
}

# CREATE USER "alice@CORP.EXAMPLE.COM" WITH LOGIN; GRANT rds_ad TO "alice@CORP.EXAMPLE.COM";
