using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Generic;

/// <summary>DUMP and RESTORE: values as bytes, of the format of snapshots. Data plane.</summary>
internal static unsafe class Serialization
{
    private const string RestoreComplexity =
        "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value "
        + "and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set "
        + "values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).";

    private const string RestoreSyntax =
        "key ttl:integer serialized-value:string [REPLACE@3.0.0] [ABSTTL@5.0.0] [IDLETIME seconds:integer@5.0.0] [FREQ frequency:integer@5.0.0]";

    private const int FrequencyMax = 255;

    [Command("DUMP", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.6.0",
        Summary = "Return a serialized version of the value stored at the specified key.",
        Complexity = "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing the value and M their "
            + "average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
        Syntax = "key", Tips = ["nondeterministic_output"])]
    internal static void Dump(ref CommandContext context)
    {
        var key = context.Key(1);
        var database = context.Database(key);
        var entry = database.FindForRead(key);
        if (entry.IsNull)
        {
            context.Reply.Null();
            return;
        }
        var workspace = database.Partition.Dump;
        long length = workspace.Serialize(database.Values, entry, context.Partition.Options.RdbCompression);
        if (length <= int.MaxValue)
            context.Reply.BulkString(new ReadOnlySpan<byte>(workspace.Payload, (int)length));
        else
            context.Reply.Error(Errors.DumpTooLarge);
        workspace.Reset();
    }

    [Command("RESTORE", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.OW | KeyAccess.Update, Categories = AclCategories.Dangerous, Since = "2.6.0",
        Summary = "Create a key using the provided serialized value, previously obtained using DUMP.", Complexity = RestoreComplexity,
        Syntax = RestoreSyntax,
        History = ["3.0.0: Added the `REPLACE` modifier.", "5.0.0: Added the `ABSTTL` modifier.", "5.0.0: Added the `IDLETIME` and `FREQ` options."])]
    internal static void Restore(ref CommandContext context)
    {
        if (!TryOptions(ref context, out RestoreOptions options))
            return;
        var key = context.Key(1);
        var database = context.Database(key);
        var existing = database.Find(key);
        if (!existing.IsNull && !options.Replaces)
        {
            context.Reply.Error(Errors.BusyKey);
            return;
        }
        if (!context.TryInteger(2, out long ttl))
            return;
        if (ttl < 0)
        {
            context.Reply.Error(Errors.InvalidTtl);
            return;
        }
        var payload = context[3];
        if (!DumpWorkspace.HasSoundFooter(payload, context.Partition.Options.SkipChecksumValidation))
        {
            context.Reply.Error(Errors.BadDumpFooter);
            return;
        }
        long expiryMs = ttl == 0 || options.IsAbsolute ? ttl : unchecked(ttl + context.NowMs);
        uint access = AccessBits(database.Partition, options, context.NowMs);

        // In an append-only file a later command may have given more time: what is due by now stays until the file says that it went.
        long dueMs = database.Partition.KeepsExpired ? 0 : context.NowMs;
        byte* restored;
        fixed (byte* bytes = payload)
        {
            var input = new RdbInput(bytes + 1, payload.Length - RdbFormat.DumpFooterBytes - 1);
            restored = payload.Length == RdbFormat.DumpFooterBytes
                ? null
                : RdbValueReader.Read(database.Values, ref input, (RdbType)(*bytes), key.Span, expiryMs, access, dueMs);
            database.Partition.Statistics.CheckedPayloads += input.Checked;
        }
        if (restored == null)
        {
            context.Reply.Error(Errors.BadDumpData);
            return;
        }
        bool isDue = ttl != 0 && expiryMs <= dueMs;
        Put(database, key, existing, new EntryRef(restored), isDue);
        if (context.IsJournaled)
            Tell(ref context, key, expiryMs, isDue, hasReplaced: !existing.IsNull, isRelative: ttl != 0 && !options.IsAbsolute);
        context.Reply.Ok();
    }

    [Command("RESTORE-ASKING", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Asking, Group = CommandGroup.Server, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.OW | KeyAccess.Update, Categories = AclCategories.Dangerous | AclCategories.Keyspace, Since = "3.0.0",
        Summary = "An internal command for migrating keys in a cluster", Complexity = RestoreComplexity, Syntax = RestoreSyntax,
        History = ["3.0.0: Added the `REPLACE` modifier.", "5.0.0: Added the `ABSTTL` modifier.", "5.0.0: Added the `IDLETIME` and `FREQ` options."],
        SystemCommand = true)]
    internal static void RestoreAsking(ref CommandContext context) => Restore(ref context);

    private static void Put(Database database, in Key key, EntryRef existing, EntryRef restored, bool isDue)
    {
        if (!existing.IsNull)
            database.Remove(key, existing);
        if (isDue)
        {
            database.Partition.LazyFree.Free(restored);
            if (!existing.IsNull)
                database.Notify(KeyspaceEvents.Generic, "del"u8, key);
            return;
        }
        database.Insert(key, restored);
        database.Notify(KeyspaceEvents.Generic, "restore"u8, key);
    }

    /// <summary>Whoever repeats the command does so later: a time from now on is told as the time that it is.</summary>
    private static void Tell(ref CommandContext context, in Key key, long expiryMs, bool isDue, bool hasReplaced, bool isRelative)
    {
        if (isDue && hasReplaced)
        {
            Effects.Delete(context, key, isLazy: false);
        }
        else if (!isDue && isRelative)
        {
            var effect = context.BeginEffect(key, context[0], context.Count + 1).Add(key.Span).Add(expiryMs);
            effect.Add(context, 3, context.Count).Add("ABSTTL"u8);
        }
    }

    /// <summary>The policy in force decides which of the options counts, as in Redis.</summary>
    private static uint AccessBits(Partition partition, in RestoreOptions options, long nowMs)
    {
        if (partition.IsLfu)
            return options.Frequency < 0 ? partition.NewAccessBits : AccessFrequency.Of(nowMs, (int)options.Frequency);
        return options.IdleSeconds < 0 ? partition.NewAccessBits : AccessClock.At(nowMs - (Math.Min(options.IdleSeconds, nowMs / 1000) * 1000));
    }

    private static bool TryOptions(ref CommandContext context, out RestoreOptions options)
    {
        options = new RestoreOptions { IdleSeconds = -1, Frequency = -1 };
        for (int i = 4; i < context.Count; i++)
        {
            bool hasValue = i + 1 < context.Count;
            if (context.Is(i, "REPLACE"u8))
            {
                options.Replaces = true;
            }
            else if (context.Is(i, "ABSTTL"u8))
            {
                options.IsAbsolute = true;
            }
            else if (context.Is(i, "IDLETIME"u8) && hasValue && options.Frequency == -1)
            {
                if (!TryValue(ref context, ++i, long.MaxValue, Errors.InvalidIdleTime, out options.IdleSeconds))
                    return false;
            }
            else if (context.Is(i, "FREQ"u8) && hasValue && options.IdleSeconds == -1)
            {
                if (!TryValue(ref context, ++i, FrequencyMax, Errors.InvalidFrequency, out options.Frequency))
                    return false;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    private static bool TryValue(ref CommandContext context, int index, long max, ReadOnlySpan<byte> error, out long value)
    {
        if (!context.TryInteger(index, out value))
            return false;
        if (value >= 0 && value <= max)
            return true;
        context.Reply.Error(error);
        return false;
    }

    private struct RestoreOptions
    {
        public bool Replaces;
        public bool IsAbsolute;
        public long IdleSeconds;
        public long Frequency;
    }
}
