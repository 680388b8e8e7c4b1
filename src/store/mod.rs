//! The rep's SQLite file. One writer at a time; the gate and every disposition are decided inside its transactions.
