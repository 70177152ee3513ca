namespace FastKv.Server.Check;

/// <summary>What is known of one file. Control plane.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">"file", "base" or "increment".</param>
internal sealed record FileReport(string Name, string Role)
{
    public long Bytes { get; set; }

    /// <summary>What is wrong with it; null: nothing. The figures are of what comes before.</summary>
    public string? Damage { get; set; }

    /// <summary>Version of the RDB format; 0: there is no RDB part.</summary>
    public int RdbVersion { get; set; }

    /// <summary>What the RDB part says of itself.</summary>
    public List<(string Name, string Value)> Auxiliary { get; } = [];

    public long Functions { get; set; }

    /// <summary>Values of modules, which are not among the keys.</summary>
    public long ModuleKeys { get; set; }

    /// <summary>Collections without elements, which are not among the keys.</summary>
    public long EmptyKeys { get; set; }

    /// <summary>Keys of the RDB part.</summary>
    public KeyStatistics? Keys { get; set; }

    /// <summary>Commands behind it.</summary>
    public CommandFigures? Commands { get; set; }
}
