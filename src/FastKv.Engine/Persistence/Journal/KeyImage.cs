using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Persistence.Journal;

/// <summary>
/// A key for which no commands exist that make it as it is: a stream with groups. XCLAIM passes over what is pending and not in the stream any more (even with
/// FORCE), and no command says when a consumer was last seen. It is told as RESTORE. Data plane.
/// </summary>
internal static unsafe class KeyImage
{
    /// <summary>Appends RESTORE with the whole value, and the expiry. O(bytes).</summary>
    /// <returns>False: other commands make it, or it is larger than an argument may be.</returns>
    public static bool TryAppendPayload(ref NativeBuffer output, Database database, EntryRef entry)
    {
        if (entry.Type != ValueType.Stream || StreamValue.Of(entry)->Groups.Count == 0)
            return false;
        var workspace = database.Partition.Dump;
        long length = workspace.Serialize(database.Values, entry, database.Partition.Options.RdbCompression);
        bool fits = length <= int.MaxValue;
        if (fits)
        {
            EffectText.Header(ref output, 6);
            EffectText.Argument(ref output, "RESTORE"u8);
            EffectText.Argument(ref output, entry.Key);
            EffectText.Argument(ref output, entry.HasExpiry ? entry.ExpiryMs : 0);
            EffectText.Argument(ref output, new ReadOnlySpan<byte>(workspace.Payload, (int)length));
            EffectText.Argument(ref output, "REPLACE"u8);
            EffectText.Argument(ref output, "ABSTTL"u8);
        }
        workspace.Reset();
        return fits;
    }
}
