//! What a run came to, in numbers.

/// Counts over one seed or many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    pub seeds: u64,
    pub steps: u64,
    pub calls: u64,
    pub faults: u64,
    pub crashes: u64,
    pub restores: u64,
    pub leads: u64,
    pub acts: u64,
    pub undone: u64,
    pub applied: u64,
    pub kept: u64,
    pub parked: u64,
    pub fired: u64,
    /// The longest from the healing of the network until nothing was left to send, in simulated seconds.
    pub drained: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.steps += other.steps;
        self.calls += other.calls;
        self.faults += other.faults;
        self.crashes += other.crashes;
        self.restores += other.restores;
        self.leads += other.leads;
        self.acts += other.acts;
        self.undone += other.undone;
        self.applied += other.applied;
        self.kept += other.kept;
        self.parked += other.parked;
        self.fired += other.fired;
        self.drained = self.drained.max(other.drained);
    }
}
