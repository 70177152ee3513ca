namespace FastKv.Server.Check;

/// <summary>What is asked of <c>check-aof</c>. Control plane.</summary>
/// <param name="Path">The file, Latin-1 text.</param>
/// <param name="Fix">Whether what is damaged may be cut off.</param>
/// <param name="UntilSeconds">Time after which everything is cut off; 0: none.</param>
internal sealed record AofCheckOptions(string Path, bool Fix, long UntilSeconds);

/// <summary>What became of a file.</summary>
internal enum AofVerdict
{
    Valid,
    Empty,

    /// <summary>Cut to what is valid.</summary>
    Truncated,

    /// <summary>Cut to a time.</summary>
    TruncatedToTimestamp,

    /// <summary>Damaged, or not readable, which was said: nothing goes on.</summary>
    Failed,
}
