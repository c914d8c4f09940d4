"""Small pure tools that every app shares: names, time, states, jobs, pages, errors."""
