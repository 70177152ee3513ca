namespace FastKv.Engine.Persistence.Journal;

/// <summary>What a mark in a journal means.</summary>
internal enum JournalMarkKind
{
    /// <summary>A shard's share of a ticket: all shards of the mask have one, and they count together or not at all.</summary>
    Ticket,

    /// <summary>All shards begin new files here; what the first one's mark covers comes before all else in them (FLUSHALL).</summary>
    Barrier,

    /// <summary>All shards begin new files here, and a base with the state of this instant takes the place of what was before.</summary>
    Rewrite,
}

/// <summary>A place in a partition's journal that other partitions' journals have to do with. Data plane.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Number">The ticket, or the barrier; in one journal they ascend.</param>
/// <param name="Shards">The shards that have the same mark, one bit each.</param>
/// <param name="Start">Offset in the stream at which its bytes begin.</param>
/// <param name="End">Offset behind them.</param>
internal readonly record struct JournalMark(JournalMarkKind Kind, long Number, ulong Shards, long Start, long End);
