using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Loading;
using FastKv.Engine.Persistence.Rdb;

namespace FastKv.Engine.Persistence.Aof;

/// <summary>Loads bases that are RDB files. Keys that are due stay: the increments know of them, and say when they went. Control plane.</summary>
internal sealed unsafe class RdbBaseLoader(FastKvServer server, LoadCrew crew) : IBaseLoader
{
    private readonly FastKvServer _server = server;
    private readonly LoadCrew _crew = crew;

    public long Load(Partition[] partitions, byte* start, long length, string name)
    {
        var options = new RdbLoadOptions
        {
            NowMs = _server.Clock.UnixMicroseconds / 1000,
            DropsExpired = false,
            VerifiesChecksum = _server.Options.RdbChecksum,
            Progress = _server.Loading,
            HeadRead = _server.Dataset.LogHead,
        };
        var result = RdbLoader.Load(partitions, start, length, options, _crew);
        if (result.Fault != RdbFault.None)
            throw new AofFault(
                $"Error reading the RDB preamble of the AOF file {name}, AOF loading aborted: {RdbFaultText.Of(result.Fault)}, at offset {result.FaultOffset}");
        _server.Dataset.NoteLoaded(result);
        return result.Bytes;
    }
}
