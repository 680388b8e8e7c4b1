//! HubSpot's connector against its double: the whole conformance suite, for lead objects with a unique property on
//! activities, without one, and for contacts.

use tokio::runtime::Runtime;

use crate::conformance::{Crm, conforms};
use crate::faults::{Fault, Says};
use crate::hubspot::Account;
use crate::hubspot_shop::{RUNTIME, Shop};

/// Tries the case, and looks at every request that was made: over a good line none is one too many.
fn looked_at(shop: &Shop, case: impl FnOnce(&Shop, &Runtime)) {
    case(shop, &RUNTIME);
    let is_bad = shop.line().heard().iter().any(|call| call.fault.is_some());
    if is_bad { shop.check_form() } else { shop.check() }
}

/// Lead objects, and activities that are written by a unique property.
mod keyed {
    use super::*;

    fn shop(case: impl FnOnce(&Shop, &Runtime)) {
        looked_at(&Shop::new(Account::enterprise()), case);
    }

    const FAULTS: [Fault; 6] = [
        Fault::after(Says::Nothing),
        Fault::before(Says::Nothing),
        Fault::after(Says::Half),
        Fault::after(Says::Html),
        Fault::before(Says::Unauthorized),
        Fault::before(Says::TooMany(None)),
    ];
    conforms!(shop, faults: &FAULTS, schedules: 6);
}

/// Lead objects, and activities that carry their key in their text.
mod marked {
    use super::*;

    fn shop(case: impl FnOnce(&Shop, &Runtime)) {
        let account = Account { has_unique_on_activities: false, searches_by_lead: false, ..Account::professional() };
        looked_at(&Shop::new(account), case);
    }

    conforms!(shop, faults: &[Fault::after(Says::Nothing), Fault::before(Says::Nothing)], schedules: 6);
}

/// No lead objects.
mod contacts {
    use super::*;

    fn shop(case: impl FnOnce(&Shop, &Runtime)) {
        looked_at(&Shop::new(Account::free()), case);
    }

    conforms!(shop, faults: &[Fault::after(Says::Nothing)], schedules: 6);
}
