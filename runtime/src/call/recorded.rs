//! Values before and after a change that the audit log of a gateway has, such as the roles of a user.

use serde_json::{Map, Value};

use super::context::Call;
use super::verify::label;
use crate::json::compact;
use crate::upstream::response::Response;

/// Maximum number of items of an array that are recorded.
const MOST_ITEMS: usize = 2000;

impl Call<'_> {
    fn is_recorded(&self) -> bool {
        self.recorder.is_some() && !self.tool.update.recorded.is_empty()
    }

    /// Reads the object before the change, unless it was read already. A failure is not an error, because the change itself reports what is wrong.
    pub(super) async fn read_before(&self) {
        let is_known = !self.values.before().is_empty() || self.tool.method == "create";
        if !self.is_recorded() || is_known {
            return;
        }
        if let Ok(request) = self.get(self.tool.update.read_back, false)
            && let Ok(response) = self.send_recorded(&request).await
            && let Some(object) = object(&response)
        {
            self.record_before(&object);
        }
    }

    /// Records the values of the object before the change.
    pub(super) fn record_before(&self, object: &Value) {
        if self.is_recorded() {
            let values = recorded_values(self.tool.update.recorded, object);
            let _ = values.map(|values| self.values.before.set(values));
        }
    }

    /// Records the values of the object that was read back after the change.
    pub(super) fn record_after(&self, response: &Response) {
        if self.is_recorded() && self.tool.method != "delete" {
            let object = object(response);
            let values = object.and_then(|it| recorded_values(self.tool.update.recorded, &it));
            let _ = values.map(|values| self.values.after.set(values));
        }
    }
}

fn object(response: &Response) -> Option<Value> {
    let text = compact(&String::from_utf8_lossy(&response.body)).ok()?;
    serde_json::from_str(&text).ok()
}

/// Returns the members with these names. Each item of an array is described by its values: `can_edit DAGs`.
fn recorded_values(names: &[&str], object: &Value) -> Option<String> {
    let members = names.iter().filter_map(|name| {
        let value = object.get(*name)?;
        let value = match value {
            Value::Array(items) => {
                let items = items.iter().take(MOST_ITEMS).map(label);
                items.map(Value::from).collect()
            }
            value => value.clone(),
        };
        Some(((*name).to_owned(), value))
    });
    let members: Map<_, _> = members.collect();
    (!members.is_empty()).then(|| Value::Object(members).to_string())
}
