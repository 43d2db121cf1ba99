"""How a clinic does: its numbers with their denominators, the people behind them, and research."""
