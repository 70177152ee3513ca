namespace FastKv.Engine.Commands;

// Control plane. What a handler says about its command, once; the generator (FastKv.CommandGenerator) turns it into the
// command table, COMMAND's replies, ACL categories, routing and docs/COMMANDS.md.

/// <summary>Command flags, named as COMMAND INFO shows them (lower case, underscores).</summary>
[Flags]
internal enum CommandFlags
{
    None = 0,
    Write = 1 << 0,
    ReadOnly = 1 << 1,
    DenyOom = 1 << 2,
    Admin = 1 << 3,
    PubSub = 1 << 4,
    NoScript = 1 << 5,
    Blocking = 1 << 6,
    Loading = 1 << 7,
    Stale = 1 << 8,
    SkipMonitor = 1 << 9,
    SkipSlowlog = 1 << 10,
    Asking = 1 << 11,
    Fast = 1 << 12,
    NoAuth = 1 << 13,

    /// <summary>No write command, but its effect may have to be replicated: CLIENT PAUSE WRITE holds it. COMMAND INFO does not show it.</summary>
    MayReplicate = 1 << 14,
    NoAsyncLoading = 1 << 15,
    AllowBusy = 1 << 16,
    NoMulti = 1 << 17,
    MovableKeys = 1 << 18,
    NoMandatoryKeys = 1 << 19,
    TouchesArbitraryKeys = 1 << 20,

    /// <summary>Its client is suspended while something goes on outside the server (MIGRATE): on several shards it, and a transaction that contains it, always
    /// takes a ticket. COMMAND INFO does not show it.</summary>
    Suspends = 1 << 21,
}

/// <summary>The documentation group of a command, as COMMAND DOCS names it.</summary>
internal enum CommandGroup
{
    Generic, String, List, Set, SortedSet, Hash, PubSub, Transactions, Connection, Server, Scripting, HyperLogLog, Cluster, Sentinel, Geo, Stream, Bitmap,
}

/// <summary>ACL categories beyond those that flags and group imply.</summary>
[Flags]
internal enum AclCategories
{
    None = 0, Keyspace = 1, Read = 2, Write = 4, Set = 8, SortedSet = 16, List = 32, Hash = 64, String = 128, Bitmap = 256, HyperLogLog = 512,
    Geo = 1024, Stream = 2048, PubSub = 4096, Admin = 8192, Fast = 16384, Slow = 32768, Blocking = 65536, Dangerous = 131072,
    Connection = 262144, Transaction = 524288, Scripting = 1048576,

    /// <summary>In a declaration: the group implies no category here (WAIT, SORT).</summary>
    NotOfGroup = 1 << 30,
}

/// <summary>Where a command runs.</summary>
internal enum CommandRoute : byte
{
    /// <summary>On the loop of the client that sent it; it touches no keys (PING, CLIENT, CONFIG, INFO).</summary>
    Connection,

    /// <summary>On the partition of its keys. When the keys lie on several, <see cref="PartMerge"/> decides: scatter, or exclusive.</summary>
    Keys,

    /// <summary>On all partitions: scattered when a merge is named, else exclusive over all of them.</summary>
    Everywhere,

    /// <summary>On the partition that the SCAN cursor in argument 1 names.</summary>
    Cursor,

    /// <summary>Where the commands of the client's transaction run (EXEC).</summary>
    Transaction,

    /// <summary>On the partition where the channel in argument 1 is at home (PUBLISH): it has its shard as a key has.</summary>
    Channel,
}

/// <summary>How the replies of the parts of a scattered command become one reply.</summary>
internal enum PartMerge : byte
{
    /// <summary>Not splittable: over several partitions it needs an exclusive ticket.</summary>
    None,

    /// <summary>All parts reply the same (+OK): the first stands for all.</summary>
    First,

    /// <summary>Integer replies are added.</summary>
    Sum,

    /// <summary>Each part writes one element per owned key, in key order, without an array header (MGET).</summary>
    PerKey,

    /// <summary>Each part writes an array; the elements are concatenated (KEYS).</summary>
    Concat,
}

/// <summary>How a key argument is used (key specification flags of COMMAND INFO).</summary>
[Flags]
internal enum KeyAccess
{
    None = 0, RO = 1, RW = 2, OW = 4, RM = 8, Access = 16, Update = 32, Insert = 64, Delete = 128, NotKey = 256, Incomplete = 512, VariableFlags = 1024,
}

/// <summary>Declares a command (name in upper case; a subcommand as <c>CONTAINER|NAME</c>) that the method implements.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class CommandAttribute(string name) : Attribute
{
    public string Name { get; } = name;

    /// <summary>Argument count including the name (and the subcommand's name); negative: at least.</summary>
    public int Arity { get; init; }
    public CommandFlags Flags { get; init; }
    public CommandGroup Group { get; init; }
    public CommandRoute Route { get; init; } = CommandRoute.Keys;
    public PartMerge Merge { get; init; }
    public AclCategories Categories { get; init; }

    /// <summary>
    /// First key, last key (negative: from the end) and step of the usual key range; 0: no keys or described by <see cref="KeySpecAttribute"/>.
    /// </summary>
    public int FirstKey { get; init; }
    public int LastKey { get; init; }
    public int KeyStep { get; init; } = 1;

    /// <summary>
    /// A static class whose method <c>Extract</c> finds the keys, as <see cref="KeyExtractor.Extract"/> does, where the specifications, which COMMAND INFO
    /// shows, do not tell it exactly; null: they do.
    /// </summary>
    public Type? KeyFinder { get; init; }

    /// <summary>Use of the keys of the range; default: by the flags, read and access, or read-write, access and update.</summary>
    public KeyAccess Access { get; init; }
    public string Since { get; init; } = "";
    public string Summary { get; init; } = "";
    public string Complexity { get; init; } = "";

    /// <summary>
    /// Arguments in the notation of the Redis documentation (<see cref="Server.SyntaxNotation"/>); COMMAND DOCS' argument tree is derived from it.
    /// </summary>
    public string Syntax { get; init; } = "";

    /// <summary>Lines "version: what changed".</summary>
    public string[] History { get; init; } = [];

    /// <summary>Command tips (nondeterministic_output, request_policy:…).</summary>
    public string[] Tips { get; init; } = [];

    /// <summary>Deprecated since this version, replaced by; both empty: not deprecated.</summary>
    public string DeprecatedSince { get; init; } = "";
    public string ReplacedBy { get; init; } = "";

    /// <summary>A command that servers use among themselves (doc_flags syscmd).</summary>
    public bool SystemCommand { get; init; }

    /// <summary>Where the behaviour knowingly differs from Redis, for docs/COMMANDS.md; empty: nowhere.</summary>
    public string Differs { get; init; } = "";
}

/// <summary>
/// A key specification (COMMAND INFO's eighth element) of a command whose keys are not one plain range. Several form the list, in order, for every command
/// of the method; the legacy range and the flag movablekeys follow from them. Neither Index nor Keyword: the keys cannot be found this way (SORT … BY).
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class KeySpecAttribute : Attribute
{
    public KeyAccess Access { get; init; }

    /// <summary>begin_search: a fixed index, or a keyword looked for from <see cref="StartFrom"/> on.</summary>
    public int Index { get; init; }
    public string Keyword { get; init; } = "";
    public int StartFrom { get; init; }

    /// <summary>find_keys by range: last key relative to the first, step, limit.</summary>
    public int LastKey { get; init; }
    public int KeyStep { get; init; } = 1;
    public int Limit { get; init; }

    /// <summary>find_keys by number: index of the count relative to the begin; −1: a range.</summary>
    public int CountIndex { get; init; } = -1;
    public int FirstKeyAfterCount { get; init; }
    public string Notes { get; init; } = "";
}

/// <summary>Declares a container command (CLIENT, CONFIG, …) whose subcommands are methods of the class.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
internal sealed class CommandContainerAttribute(string name) : Attribute
{
    public string Name { get; } = name;
    public int Arity { get; init; } = -2;
    public CommandFlags Flags { get; init; }
    public CommandGroup Group { get; init; }
    public AclCategories Categories { get; init; }
    public string Since { get; init; } = "";
    public string Summary { get; init; } = "";
    public string Complexity { get; init; } = "";
    public string[] History { get; init; } = [];
}
