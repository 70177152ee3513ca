using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Tracking;

/// <summary>The keys of one partition that clients may hold in caches of their own (CLIENT TRACKING). Data plane. STUB: nothing is remembered.</summary>
internal sealed class TrackedKeys : IDisposable
{
    /// <summary>Keys remembered, and prefixes: nothing is to be told while there are none.</summary>
    public int Count;

    /// <summary>A reading command of a tracking client has run here: its keys are remembered.</summary>
    public static void NoteRead(ref CommandContext context) => _ = context.Count;

    /// <summary>A key has changed: whoever may hold it is told.</summary>
    public void Touch(int database, in Key key) => _ = key.Length + database;

    public void Dispose() => Count = 0;
}
