"""The methods of the Library and Picker APIs."""
