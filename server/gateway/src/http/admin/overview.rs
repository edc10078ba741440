//! Overview page: all accounts with their current state, and recent activity.

use askama::Template;
use axum::extract::State;
use jiff::Timestamp;

use super::audit::{ObjectNames, Row};
use super::expiry::Moment;
use super::page::{Frame, encode, html};
use super::rejection::PageResult;
use super::session::{LinkQuery, Visitor};
use super::site::Admin;
use crate::model::Account;
use crate::model::audit::AuditQuery;
use crate::service::state::LiveState;

/// Number of recent audit records on the page.
const LAST: u32 = 8;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    accounts: Vec<Card>,
    next: Option<String>,
    rows: Vec<Row>,
    first_token: Option<FirstTokenView>,
}

/// First API token, with which the visitor has signed in.
struct FirstTokenView {
    id: String,
    expires: Option<Moment>,
}

/// Account with its current state.
pub(super) struct Card {
    pub(super) account: Account,
    pub(super) live: LiveView,
}

/// Current state of an account in the form that the page shows.
pub(super) struct LiveView {
    /// Class in the style sheet: `good`, `bad` or `unknown`.
    pub(super) state: &'static str,
    pub(super) label: &'static str,
    /// API and version, if known.
    pub(super) version: String,
    pub(super) in_flight: usize,
    pub(super) error: Option<(Moment, String)>,
}

impl LiveView {
    pub(super) fn new(state: Option<&LiveState>, now: Timestamp) -> Self {
        let error = state.and_then(|it| it.last_error.as_ref());
        let (class, label) = match (state, error) {
            (_, Some(_)) => ("bad", "Failing"),
            (Some(state), None) if state.api.is_some() => ("good", "Working"),
            _ => ("unknown", "Not used yet"),
        };
        let known = [
            state.and_then(|it| it.api).unwrap_or_default(),
            state
                .and_then(|it| it.version.as_deref())
                .unwrap_or_default(),
        ];
        Self {
            state: class,
            label,
            version: known.join(" ").trim().to_owned(),
            in_flight: state.map_or(0, |it| it.in_flight),
            error: error.map(|error| {
                let text = format!("{}: {}", error.code, error.message);
                (Moment::new(error.at, now), text)
            }),
        }
    }
}

/// Handles `GET /`.
pub(super) async fn show(
    State(admin): State<Admin>,
    visitor: Visitor,
    LinkQuery(query): LinkQuery,
) -> PageResult {
    let now = Timestamp::now();
    let accounts = admin.gateway.accounts(&visitor.who, query.page()).await?;
    let last = AuditQuery {
        limit: Some(LAST),
        ..AuditQuery::default()
    };
    let last = admin.gateway.audit(&visitor.who, last).await?;
    let names = ObjectNames::read_all(&admin, &visitor.who).await?;
    let live = admin.gateway.live_states();
    let first_token = admin.gateway.first_token_of(&visitor.who).await?;
    html(&OverviewPage {
        frame: Frame::new(&admin, &visitor, "overview", "Overview").noticing(&query),
        first_token: first_token.map(|token| FirstTokenView {
            expires: token.expires_at.map(|at| Moment::new(at, now)),
            id: token.id,
        }),
        next: accounts.next_cursor.as_deref().map(encode),
        accounts: accounts
            .result
            .into_iter()
            .map(|account| Card {
                live: LiveView::new(live.get(&account.id), now),
                account,
            })
            .collect(),
        rows: last
            .result
            .into_iter()
            .map(|record| Row::new(record, &names, now))
            .collect(),
    })
}
