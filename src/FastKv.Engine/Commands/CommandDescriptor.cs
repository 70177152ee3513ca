namespace FastKv.Engine.Commands;

// Control plane; the fields that dispatch reads on each command are plain and come first.

/// <summary>One key specification; see <see cref="KeySpecAttribute"/>.</summary>
internal sealed record KeySpec(
    KeyAccess Access, int Index, string Keyword, int StartFrom, int LastKey, int KeyStep, int Limit, int CountIndex, int FirstKeyAfterCount, string Notes)
{
    /// <summary>No rule says where these keys stand ("unknown"): only SORT has such, see <see cref="Generic.SortKeys"/>.</summary>
    public bool IsUnknown => Index == 0 && Keyword.Length == 0;
}

/// <summary>Everything known about one command or subcommand; instances are made by the generated <see cref="CommandTable"/>.</summary>
internal sealed unsafe class CommandDescriptor
{
    /// <summary>Index in <see cref="CommandTable.All"/>, dense from 0; also the index of the command's statistics.</summary>
    public int Id;

    /// <summary>See <see cref="CommandAttribute.Arity"/>.</summary>
    public int Arity;
    public CommandFlags Flags;
    public CommandRoute Route;
    public PartMerge Merge;

    /// <summary>Legacy key range (COMMAND INFO elements 4 to 6); FirstKey 0: none.</summary>
    public int FirstKey, LastKey, KeyStep;

    /// <summary>The keys are found by <see cref="KeySpecs"/> rather than the plain range.</summary>
    public bool KeysBySpec;
    public delegate*<ref CommandContext, void> Handler;

    /// <summary>The command's own way to its keys, as <see cref="KeyExtractor.Extract"/>; null: <see cref="KeySpecs"/> say where they are.</summary>
    public delegate*<Protocol.Argument*, int, Span<int>, Span<byte>, int> FindKeys;

    /// <summary>Lower case; a subcommand as <c>client|list</c>.</summary>
    public required string Name;
    public CommandGroup Group;
    public AclCategories Categories;
    public KeySpec[] KeySpecs = [];
    public CommandDescriptor? Parent;
    public CommandDescriptor[] Subcommands = [];

    /// <summary>Summary, complexity, syntax, …: loaded when first asked for.</summary>
    public CommandDocs Docs => CommandTable.DocsOf(Id);

    /// <summary>The complexity is O(1), without an if or a but.</summary>
    public bool IsConstantTime;

    /// <summary>The arguments name keys by patterns, which may lie on any shard.</summary>
    public bool HasKeyPatterns;

    /// <summary>Whether the command (not a bare container) can run.</summary>
    public bool IsExecutable => Handler != null;
}
