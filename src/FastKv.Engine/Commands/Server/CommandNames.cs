namespace FastKv.Engine.Commands.Server;

// Control plane. How COMMAND spells flags, categories and groups.

/// <summary>Texts of the command enums, in the order in which Redis lists them.</summary>
internal static class CommandNames
{
    public static readonly (CommandFlags Flag, string Name)[] Flags =
    [
        (CommandFlags.Write, "write"),
        (CommandFlags.ReadOnly, "readonly"),
        (CommandFlags.DenyOom, "denyoom"),
        (CommandFlags.Admin, "admin"),
        (CommandFlags.PubSub, "pubsub"),
        (CommandFlags.NoScript, "noscript"),
        (CommandFlags.Blocking, "blocking"),
        (CommandFlags.Loading, "loading"),
        (CommandFlags.Stale, "stale"),
        (CommandFlags.SkipMonitor, "skip_monitor"),
        (CommandFlags.SkipSlowlog, "skip_slowlog"),
        (CommandFlags.Asking, "asking"),
        (CommandFlags.Fast, "fast"),
        (CommandFlags.NoAuth, "no_auth"),
        (CommandFlags.NoMandatoryKeys, "no_mandatory_keys"),
        (CommandFlags.NoAsyncLoading, "no_async_loading"),
        (CommandFlags.NoMulti, "no_multi"),
        (CommandFlags.MovableKeys, "movablekeys"),
        (CommandFlags.AllowBusy, "allow_busy"),
    ];

    public static readonly (AclCategories Category, string Name)[] Categories =
    [
        (AclCategories.Keyspace, "keyspace"),
        (AclCategories.Read, "read"),
        (AclCategories.Write, "write"),
        (AclCategories.Set, "set"),
        (AclCategories.SortedSet, "sortedset"),
        (AclCategories.List, "list"),
        (AclCategories.Hash, "hash"),
        (AclCategories.String, "string"),
        (AclCategories.Bitmap, "bitmap"),
        (AclCategories.HyperLogLog, "hyperloglog"),
        (AclCategories.Geo, "geo"),
        (AclCategories.Stream, "stream"),
        (AclCategories.PubSub, "pubsub"),
        (AclCategories.Admin, "admin"),
        (AclCategories.Fast, "fast"),
        (AclCategories.Slow, "slow"),
        (AclCategories.Blocking, "blocking"),
        (AclCategories.Dangerous, "dangerous"),
        (AclCategories.Connection, "connection"),
        (AclCategories.Transaction, "transaction"),
        (AclCategories.Scripting, "scripting"),
    ];

    public static readonly (KeyAccess Access, string Name)[] Access =
    [
        (KeyAccess.RO, "RO"),
        (KeyAccess.RW, "RW"),
        (KeyAccess.OW, "OW"),
        (KeyAccess.RM, "RM"),
        (KeyAccess.Access, "access"),
        (KeyAccess.Update, "update"),
        (KeyAccess.Insert, "insert"),
        (KeyAccess.Delete, "delete"),
        (KeyAccess.NotKey, "not_key"),
        (KeyAccess.Incomplete, "incomplete"),
        (KeyAccess.VariableFlags, "variable_flags"),
    ];

    /// <summary>The group's name as COMMAND DOCS and the manual have it.</summary>
    public static string Group(CommandGroup group) => group switch
    {
        CommandGroup.SortedSet => "sorted-set",
        _ => group.ToString().ToLowerInvariant(),
    };

    /// <summary>The category called <paramref name="name"/> (without '@'), ignoring ASCII case; None: there is no such category.</summary>
    public static AclCategories Category(ReadOnlySpan<byte> name)
    {
        foreach (var (category, text) in Categories)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(name, text))
                return category;
        }
        return AclCategories.None;
    }
}
