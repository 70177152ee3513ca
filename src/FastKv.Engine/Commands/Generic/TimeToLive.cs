namespace FastKv.Engine.Commands.Generic;

/// <summary>TTL, PTTL, EXPIRETIME, PEXPIRETIME and TYPE: facts about one key. Data plane.</summary>
internal static class TimeToLive
{
    [Command("TTL", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0", Summary = "Returns the expiration time in seconds of a key.", Complexity = "O(1)",
        Syntax = "key", History = ["2.8.0: Added the -2 reply."], Tips = ["nondeterministic_output"])]
    internal static void Seconds(ref CommandContext context) => Reply(ref context, isRelative: true, unitMs: 1000);

    [Command("PTTL", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.6.0", Summary = "Returns the expiration time in milliseconds of a key.", Complexity = "O(1)",
        Syntax = "key", History = ["2.8.0: Added the -2 reply."], Tips = ["nondeterministic_output"])]
    internal static void Milliseconds(ref CommandContext context) => Reply(ref context, isRelative: true, unitMs: 1);

    [Command("EXPIRETIME", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "7.0.0", Summary = "Returns the expiration time of a key as a Unix timestamp.",
        Complexity = "O(1)", Syntax = "key")]
    internal static void UnixSeconds(ref CommandContext context) => Reply(ref context, isRelative: false, unitMs: 1000);

    [Command("PEXPIRETIME", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "7.0.0", Summary = "Returns the expiration time of a key as a Unix milliseconds timestamp.",
        Complexity = "O(1)", Syntax = "key")]
    internal static void UnixMilliseconds(ref CommandContext context) => Reply(ref context, isRelative: false, unitMs: 1);

    [Command("TYPE", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO, Since = "1.0.0", Summary = "Determines the type of value stored at a key.", Complexity = "O(1)", Syntax = "key")]
    internal static void Type(ref CommandContext context)
    {
        var key = context.Key(1);
        var entry = context.Database(key).PeekForRead(key);
        context.Reply.SimpleString(entry.IsNull ? "none"u8 : CommandText.NameOf(entry.Type));
    }

    private static void Reply(ref CommandContext context, bool isRelative, long unitMs)
    {
        var key = context.Key(1);
        var entry = context.Database(key).PeekForRead(key);
        if (entry.IsNull)
        {
            context.Reply.Integer(-2);
            return;
        }
        if (!entry.HasExpiry)
        {
            context.Reply.Integer(-1);
            return;
        }

        // Seconds left are rounded to the nearest, seconds of a point in time as well: that is what Redis replies.
        long milliseconds = isRelative ? Math.Max(0, entry.ExpiryMs - context.NowMs) : entry.ExpiryMs;
        context.Reply.Integer(unitMs == 1 ? milliseconds : milliseconds / unitMs + (milliseconds % unitMs >= unitMs / 2 ? 1 : 0));
    }
}
