//! The script's side: begin, move on, count.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::Method;

use super::table::{Filter, Item, Stage, TABLE, now};

fn text<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], at: usize) -> &'m [u8] {
    args.get(at).map_or(b"", |arg| arg.text(ctx))
}

/// Call-ID, From tag and To tag of the message.
fn keys<'m>(ctx: &Ctx<'m>) -> (&'m [u8], &'m [u8], &'m [u8]) {
    let msg = ctx.msg;
    let from_tag = msg.from().ok().and_then(|from| from.tag).unwrap_or_default();
    (msg.call_id(), from_tag, msg.to().tag.unwrap_or_default())
}

fn current<T>(ctx: &Ctx<'_>, change: impl FnOnce(&mut Item) -> T) -> Option<T> {
    let (call_id, from_tag, to_tag) = keys(ctx);
    TABLE.with(call_id, from_tag, to_tag, change)
}

/// `dlgs_init(src, dst, data)`: for the first INVITE of a call.
pub(super) fn start<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (src, dst, data) = (text(ctx, args, 0), text(ctx, args, 1), text(ctx, args, 2));
    let (call_id, from_tag, to_tag) = keys(ctx);
    if ctx.msg.method() != Method::INVITE {
        return Ret::FALSE;
    }
    TABLE.add(Item {
        call_id: call_id.to_vec(),
        from_tag: from_tag.to_vec(),
        to_tag: to_tag.to_vec(),
        src: src.to_vec(),
        dst: dst.to_vec(),
        data: data.to_vec(),
        tags: Vec::new(),
        stage: Stage::Init,
        started: now(),
        answered: 0,
        finished: 0,
    });
    Ret::TRUE
}

/// `dlgs_update()`: an ACK confirms, a BYE ends the call.
pub(super) fn update<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let stage = match ctx.msg.method() {
        Method::ACK => Some(Stage::Confirmed),
        Method::BYE => Some(Stage::Terminated),
        _ => None,
    };
    let found = current(ctx, |item| match stage {
        // An ACK to a refusal confirms nothing.
        Some(Stage::Confirmed) if item.stage != Stage::Answered => {}
        Some(stage) => item.advance(stage, now()),
        None => {}
    });
    found.is_some().into()
}

/// Replies to the INVITE move the call on.
pub(super) fn see_reply(ctx: &mut Ctx<'_>) {
    let Some(status) = ctx.msg.status().filter(|_| ctx.msg.cseq().method == Method::INVITE) else { return };
    let stage = match status {
        0..=100 => return,
        101..=199 => Stage::Progress,
        200..=299 => Stage::Answered,
        _ => Stage::NotAnswered,
    };
    let (_, _, to_tag) = keys(ctx);
    current(ctx, |item| {
        // A refused re-INVITE does not end the call, and one branch of several neither ends what another answered.
        if stage == Stage::NotAnswered && item.stage >= Stage::Answered {
            return;
        }
        if stage == Stage::Answered && item.stage < Stage::Answered {
            item.to_tag = to_tag.to_vec();
        }
        item.advance(stage, now());
    });
}

/// A number as a function's result: 0 would leave the script.
fn counted(n: usize) -> Ret {
    if n == 0 { Ret::FALSE } else { Ret(i32::try_from(n).unwrap_or(i32::MAX)) }
}

/// `dlgs_count(field, operator, value)`: calls that are not over and match.
pub(super) fn count<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (field, op, value) = (text(ctx, args, 0), text(ctx, args, 1), text(ctx, args, 2));
    let Some(filter) = Filter::new(field, op, value) else { return Ret::FALSE };
    let mut n = 0;
    TABLE.each(|item| n += usize::from(!item.stage.is_over() && filter.matches(item)));
    counted(n)
}

/// A call carries at most this many tags.
const MOST_TAGS: usize = 64;

/// `dlgs_tags_add(tag)`: to the call of the message.
pub(super) fn tags_add<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let tag = text(ctx, args, 0);
    let added = current(ctx, |item| {
        let there = item.tags.iter().any(|t| t == tag);
        if !there && item.tags.len() < MOST_TAGS {
            item.tags.push(tag.to_vec());
        }
        there || item.tags.len() <= MOST_TAGS
    });
    added.unwrap_or(false).into()
}

pub(super) fn tags_remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let tag = text(ctx, args, 0);
    current(ctx, |item| item.tags.retain(|t| t != tag)).is_some().into()
}

/// `dlgs_tags_count(tag)`: calls that are not over and carry it.
pub(super) fn tags_count<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let tag = text(ctx, args, 0);
    let mut n = 0;
    TABLE.each(|item| n += usize::from(!item.stage.is_over() && item.tags.iter().any(|t| t == tag)));
    counted(n)
}
