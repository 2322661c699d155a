//! Statistics while history is being counted: nobody is told figures that lack calls.

use super::api::Api;
use crate::store::testing;

#[test]
fn while_history_is_counted_nobody_is_told_figures() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let figures = [
            format!("/v1/campaigns/{campaign}/stats"),
            format!("/api/campaign/{campaign}/stats.json"),
        ];
        let status = async |path: &str| {
            let answer = api.json("read", "GET", path, "").await;
            let wait = answer
                .headers
                .get("retry-after")
                .map(|v| v.to_str().unwrap().to_owned());
            (answer.status.as_u16(), wait)
        };
        api.app.set_counting(true);
        for path in &figures {
            assert_eq!(status(path).await, (503, Some("10".to_owned())), "{path}");
        }
        assert_eq!(status("/readyz").await.0, 503);
        assert_eq!(status(&format!("/v1/campaigns/{campaign}")).await.0, 200);
        api.app.set_counting(false);
        for path in &figures {
            assert_eq!(status(path).await, (200, None), "{path}");
        }
        assert_eq!(status("/readyz").await.0, 200);
    });
}
