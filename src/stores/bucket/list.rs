//! Listing the objects of a bucket (ListObjectsV2), page by page.

use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use http::Method;

use crate::net::progress::Progress;
use crate::stores::bucket::request::{Asked, Moved, Refused, send, tag_of};
use crate::stores::bucket::session::Session;
use crate::stores::bucket::target::{InvalidResponse, Target, What};
use crate::stores::call::Call;
use crate::stores::error::Error;
use crate::stores::listing::{Next, Tokens};

/// The largest page, in bytes: a thousand keys of 1,024 bytes, of which each can take six in XML.
const LARGEST: usize = 8 << 20;

/// An object of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    /// Its ETag, as a version.
    pub version: String,
    pub size: u64,
}

/// A page of a list.
#[derive(Debug, Default, PartialEq, Eq)]
struct Page {
    objects: Vec<Listed>,
    next: Option<String>,
}

/// All objects whose keys begin with a prefix, in the region of the session. The second is the region of the
/// bucket, if S3 names another one.
pub async fn list(
    session: &Session,
    progress: &Progress,
    shown: &str,
    bucket: &str,
    prefix: &str,
) -> (Result<Vec<Listed>, Error>, Option<String>) {
    let moved = Moved::default();
    let listed = pages(session, progress, &moved, [shown, bucket, prefix]).await;
    (listed, moved.region())
}

async fn pages(
    session: &Session,
    progress: &Progress,
    moved: &Moved,
    [shown, bucket, prefix]: [&str; 3],
) -> Result<Vec<Listed>, Error> {
    let target = Target {
        shown: format!("prefix `{shown}`"),
        bucket: bucket.to_owned(),
        what: What::List {
            prefix: prefix.to_owned(),
        },
    };
    let mut call = Call::new(session, progress, target);
    let (mut tokens, mut token) = (Tokens::default(), None::<String>);
    let mut all = Vec::new();
    loop {
        let request = || async {
            let mut query = vec![("list-type", "2"), ("prefix", prefix)];
            if let Some(token) = &token {
                query.insert(0, ("continuation-token", token.as_str()));
            }
            let asked = Asked {
                bucket,
                key: "",
                query: &query,
                largest: LARGEST,
                own: LARGEST,
            };
            let response: Result<_, Refused> = send(session, Method::GET, &asked, None).await;
            response.inspect_err(|refused| moved.note(session, refused))
        };
        let page = call
            .send(request, |response| {
                let body = response.into_body().into_own();
                let body = body.map_err(|_| InvalidResponse::NoList)?;
                let page = page(&body)?;
                match page.objects.iter().all(|it| it.key.starts_with(prefix)) {
                    true => Ok(page),
                    false => Err(InvalidResponse::Unrequested),
                }
            })
            .await?;
        let size = page.objects.iter().map(|it| it.key.len()).sum();
        call.keep(page.objects.len(), size)?;
        let next = tokens.follow(page.next, page.objects.len());
        all.extend(page.objects);
        match next.map_err(|endless| call.invalid(&InvalidResponse::from(endless)))? {
            Next::Request { token: next } => token = Some(next),
            Next::Done => return Ok(all),
        }
    }
}

/// Reads a page (Amazon S3 API Reference, ListObjectsV2, "Response Syntax").
fn page(body: &[u8]) -> Result<Page, InvalidResponse> {
    let wrong = || InvalidResponse::NoList;
    // The parser ends in silence where a body does.
    if !body.trim_ascii_end().ends_with(b"</ListBucketResult>") {
        return Err(wrong());
    }
    let mut document = Document::try_from(body).map_err(|_| wrong())?;
    let mut root = document.root_element().map_err(|_| wrong())?;
    if !root.start_el().matches("ListBucketResult") {
        return Err(wrong());
    }
    let (mut page, mut truncated) = (Page::default(), None);
    while let Some(mut tag) = root.next_tag() {
        match tag.start_el().local() {
            "Contents" => page.objects.push(object(&mut tag)?),
            "IsTruncated" => truncated = Some(text(&mut tag)? == "true"),
            "NextContinuationToken" => page.next = Some(text(&mut tag)?),
            _ => {}
        }
    }
    match (truncated, &page.next) {
        // A body that was cut has none: nothing says whether it is whole.
        (None, _) => Err(wrong()),
        (Some(true), None) => Err(InvalidResponse::NoToken),
        (Some(true), Some(_)) => Ok(page),
        (Some(false), _) => Ok(Page { next: None, ..page }),
    }
}

fn object(contents: &mut ScopedDecoder<'_, '_>) -> Result<Listed, InvalidResponse> {
    let (mut key, mut version, mut size) = (None, None, None);
    while let Some(mut tag) = contents.next_tag() {
        match tag.start_el().local() {
            "Key" => key = Some(text(&mut tag)?),
            "ETag" => version = tag_of(&text(&mut tag)?),
            "Size" => size = text(&mut tag)?.parse().ok(),
            _ => {}
        }
    }
    Ok(Listed {
        key: key
            .filter(|key| !key.is_empty())
            .ok_or(InvalidResponse::NoList)?,
        version: version.ok_or(InvalidResponse::NoTag)?,
        size: size.ok_or(InvalidResponse::NoList)?,
    })
}

fn text(tag: &mut ScopedDecoder<'_, '_>) -> Result<String, InvalidResponse> {
    let text = try_data(tag).map_err(|_| InvalidResponse::NoList)?;
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAGE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>\
        <Prefix>p/</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>\
        <IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcx&amp;x==</NextContinuationToken>\
        <Contents><Key>p/a&lt;b</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified>\
        <ETag>&quot;fba9&quot;</ETag><Size>434234</Size><StorageClass>STANDARD</StorageClass></Contents>\
        <Contents><Key>p/c</Key><ETag>\"1-2\"</ETag><Size>0</Size>\
        <Owner><ID>8a6925</ID></Owner></Contents></ListBucketResult>";

    #[test]
    fn a_page_has_keys_versions_and_where_the_next_one_begins() {
        let listed = |key: &str, version: &str, size| Listed {
            key: key.to_owned(),
            version: version.to_owned(),
            size,
        };
        let objects = vec![listed("p/a<b", "fba9", 434_234), listed("p/c", "1-2", 0)];
        let next = Some("1ueGcx&x==".to_owned());
        let found = page(PAGE.as_bytes()).unwrap();
        assert_eq!(found, Page { objects, next });
        let last = PAGE.replace("<IsTruncated>true", "<IsTruncated>false");
        assert_eq!(page(last.as_bytes()).unwrap().next, None);
    }

    #[test]
    fn what_is_no_whole_page_is_refused() {
        for (from, to, expected) in [
            ("ListBucketResult", "Error", InvalidResponse::NoList),
            ("IsTruncated", "Is", InvalidResponse::NoList),
            ("NextContinuationToken", "Next", InvalidResponse::NoToken),
            ("Key>", "K>", InvalidResponse::NoList),
            ("ETag>", "E>", InvalidResponse::NoTag),
            ("Size>", "S>", InvalidResponse::NoList),
            ("434234", "-1", InvalidResponse::NoList),
        ] {
            let text = PAGE.replace(from, to);
            assert_eq!(page(text.as_bytes()), Err(expected), "{from}");
        }
        assert_eq!(page(b"<html/>"), Err(InvalidResponse::NoList));
        for length in 0..PAGE.len() {
            // Cut anywhere it is not taken for a whole one with fewer objects.
            let found = page(&PAGE.as_bytes()[..length]);
            assert!(found.is_err(), "{length} {found:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            bytes: Vec<u8>,
            text in "(<(/?(ListBucketResult|Contents|Key|ETag|Size|IsTruncated)/?|!\\[CDATA\\[)>?|&[a-z#0-9]{0,4};?|[ -~]){0,20}",
        ) {
            let _ = page(&bytes);
            let _ = page(text.as_bytes());
        }
    }
}
