//! `uac_auth`: the request of a failure route gets the answer to the challenge that failed it.

use kamjit_engine::{Arg, Ctx, Ret, Val, pv::Pv};
use kamjit_sip::Message;

use super::{
    STATE, State,
    digest::{Challenge, Who},
};
use crate::tm::script::failure_view;

fn text<'m>(ctx: &mut Ctx<'m>, pv: Option<&'m Pv>) -> &'m [u8] {
    match pv.map(|pv| pv.get(ctx)) {
        Some(Val::Str(text)) => text,
        _ => b"",
    }
}

/// `uac_auth([mode])`, `uac_auth_mode(mode)`: with mode 1 passwords are hashes.
pub(super) fn answer<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let hashed = args.first().map_or(0, |arg| arg.int(ctx)) == 1;
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let Some(view) = failure_view(ctx) else { return Ret::FALSE };
    let Some((bytes, _)) = &view.reply else { return Ret::FALSE };
    let bytes = ctx.keep(bytes);
    let Ok(reply) = Message::parse(ctx.arena, bytes) else { return Ret::FALSE };
    let Some(challenge) = Challenge::of_reply(reply, view.code) else { return Ret::FALSE };
    let Some(who) = who(ctx, state, challenge.realm, hashed) else { return Ret::FALSE };
    let line = challenge.answer(&who, ctx.msg.method_raw(), ctx.ruri());
    ctx.edits.append_header(ctx.msg, &line);
    // A new text: the request goes out once more, to where it went before.
    ctx.set_ruri(ctx.keep(ctx.ruri()));
    Ret::TRUE
}

/// Who answers a challenge of a realm: the script's variables, else the parameters.
fn who<'m>(ctx: &mut Ctx<'m>, state: &'m State, realm: &[u8], hashed: bool) -> Option<Who<'m>> {
    let wanted = text(ctx, state.auth_realm.as_ref());
    let (user, password) = (text(ctx, state.auth_user.as_ref()), text(ctx, state.auth_password.as_ref()));
    if !user.is_empty() && (wanted.is_empty() || wanted == realm) {
        return Some(Who { user, password, hashed });
    }
    let known = state.credentials.iter().find(|known| known.realm == realm)?;
    Some(Who { user: &known.user, password: &known.password, hashed })
}
