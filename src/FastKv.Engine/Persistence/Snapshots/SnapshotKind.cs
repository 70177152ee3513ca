namespace FastKv.Engine.Persistence.Snapshots;

/// <summary>What the file of a snapshot is to be.</summary>
internal enum SnapshotKind
{
    /// <summary>An RDB file by itself.</summary>
    Save,

    /// <summary>An RDB file, the base of an AOF.</summary>
    RdbBase,

    /// <summary>Commands, the base of an AOF.</summary>
    CommandBase,
}
