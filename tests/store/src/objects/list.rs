//! `ListObjectsV2`.

use super::reply::{error, moved};
use crate::server::{Received, Response};
use crate::store::Store;

/// The most objects of a page (ListObjectsV2, `MaxKeys`).
const PAGE: usize = 1000;

/// A page of the objects whose keys begin with a prefix. The token is the last key of the page before.
pub(super) fn reply(store: &Store, call: &Received) -> Response {
    let text = |field: &str| call.body[field].as_str().unwrap_or_default();
    let (name, prefix, after) = (text("Name"), text("Prefix"), text("ContinuationToken"));
    let state = store.state();
    let Some(bucket) = state.buckets.get(name.trim_end_matches('/')) else {
        let message = "The specified bucket does not exist";
        return error(call, 404, "NoSuchBucket", message);
    };
    if let Some(moved) = moved(call, &bucket.region) {
        return moved;
    }
    let objects = bucket.objects.iter().filter_map(|(key, versions)| {
        let last = versions.last()?;
        let is_meant = key.starts_with(prefix) && key.as_str() > after;
        is_meant.then_some((key, last, last.content.as_ref()?.len()))
    });
    let all: Vec<_> = objects.collect();
    let page = &all[..all.len().min(PAGE)];
    let mut body = String::new();
    for (key, object, size) in page {
        body.push_str(&format!(
            "<Contents><Key>{}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>\
             <ETag>&quot;{}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            escaped(key),
            object.tag
        ));
    }
    let next = page.last().filter(|_| page.len() < all.len());
    listed(name, prefix, &body, next.map(|(key, ..)| key.as_str()))
}

/// A page that says that it begins again where the one before it began.
pub(super) fn endless(call: &Received) -> Response {
    let text = |field: &str| call.body[field].as_str().unwrap_or_default();
    listed(text("Name"), text("Prefix"), "", Some("again"))
}

fn listed(name: &str, prefix: &str, contents: &str, next: Option<&str>) -> Response {
    let next_token = next.map(|key| {
        format!(
            "<NextContinuationToken>{}</NextContinuationToken>",
            escaped(key)
        )
    });
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult \
         xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{}</Name><Prefix>{}</Prefix>\
         <MaxKeys>{PAGE}</MaxKeys><IsTruncated>{}</IsTruncated>{}{contents}</ListBucketResult>",
        escaped(name.trim_end_matches('/')),
        escaped(prefix),
        next.is_some(),
        next_token.unwrap_or_default()
    );
    Response::xml(200, body)
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
