using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Snapshots;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

/// <summary>Keys as records of an RDB file. Data plane.</summary>
/// <param name="partition">Whose keys.</param>
internal sealed class RdbRecordWriter(Partition partition) : RecordWriter
{
    private readonly RdbValueWriter _value = new();

    public override void WriteSelect(ref NativeBuffer output, int database) => RdbRecords.WriteSelect(ref output, database);

    public override void Begin(ref NativeBuffer output, ValueHeap values, EntryRef entry)
    {
        RdbRecords.WriteRecordHead(ref output, entry, partition.Options, partition.NowMs);
        _value.Begin(values, entry, partition.Options.RdbCompression);
    }

    public override bool Continue(ref NativeBuffer output, long bytesMax) => _value.Continue(ref output, bytesMax);

    public override void Finish(ref NativeBuffer output) => _value.Finish(ref output);

    public override FrozenRecord? Freeze(ref NativeBuffer output) => _value.Freeze(ref output);

    public override void Abandon() => _value.Abandon();

    public override void Dispose() => _value.Dispose();
}
