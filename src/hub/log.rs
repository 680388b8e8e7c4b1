//! STUB
use super::db::{DbError, Tx, Value};
use crate::handoff::Time;
use crate::handoff::event::Event;
/// .
pub struct Entry<'e> {
    /// .
    pub lead: Option<i64>,
    /// .
    pub event: &'e Event,
    /// .
    pub received_at: Time,
    /// .
    pub basis: &'e str,
}
/// .
pub fn append(tx: &mut dyn Tx, entry: &Entry<'_>) -> Result<i64, DbError> {
    let n = tx.query("UPDATE head SET n = n + 1 RETURNING n", &[])?[0].int(0)?;
    let json = |v: serde_json::Result<String>| v.map(Value::Text).map_err(|e| DbError::Other(e.to_string()));
    let e = entry.event;
    tx.execute("INSERT INTO log (n, lead, seq, id, at, received_at, actor, what, closes, basis, prev, hash) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
        &[n.into(), entry.lead.into(), i64::from(e.seq).into(), Value::Bytes(e.id.as_bytes().to_vec()), e.at.timestamp_millis().into(), entry.received_at.timestamp_millis().into(),
          json(serde_json::to_string(&e.actor))?, json(serde_json::to_string(&e.what))?, if e.closes.is_empty() { Value::Null } else { json(serde_json::to_string(&e.closes))? }, entry.basis.into(), Value::Bytes(vec![]), Value::Bytes(vec![])])?;
    Ok(n)
}
