"""Pure geography: streets, travel times and what is read off them. Knows no screen and no database."""
