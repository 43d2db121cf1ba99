"""The board, the bedside console and the devices page: templates, ES modules, no bundler."""
