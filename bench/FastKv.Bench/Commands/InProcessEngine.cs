// A server of one shard without sockets: requests go in as bytes, replies stay in the connection's output. For measurements.
using System.Text;
using FastKv.Engine;
using FastKv.Engine.Clients;
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;
using FastKv.Engine.Sharding;
using FastKv.Memory;
using FastKv.Network;

namespace FastKv.Bench.Commands;

/// <summary>
/// The engine from parser to reply, in this process and on this thread: what a command costs without the kernel. It is the path of a server
/// with one shard (<see cref="CommandPipeline.RunDirect"/>).
/// </summary>
internal sealed unsafe class InProcessEngine : IDisposable
{
    private readonly FastKvServer _server;
    private readonly ShardLoop _loop;
    private readonly Client _client;

    /// <summary>An engine with empty databases.</summary>
    public InProcessEngine()
    {
        var log = new ServerLog { Silent = true };
        var config = new ServerConfig(log);
        config.Load(null, null, "shards 1\nport 0\n");
        _server = new FastKvServer(config, log);
        _loop = _server.Loops[0];
        _client = _server.Clients.Create(_loop, _loop.NowMs);
        _client.Connection = new Connection(null!, 0, _loop.Buffers);
    }

    /// <summary>Runs whole requests, and drops the replies.</summary>
    /// <returns>Bytes of the replies.</returns>
    public long Run(RequestBlock requests)
    {
        long replyBytes = 0;
        byte* start = requests.Data;
        foreach (long end in requests.BatchEnds)
        {
            byte* last = requests.Data + end;
            if (_loop.Pipeline.RunDirect(_client, start, last, out _) != last)
                throw new InvalidOperationException("The last request of a batch was not run.");
            replyBytes += _client.Connection.Output.Length;
            _client.Connection.Output.Clear();
            start = last;
        }
        return replyBytes;
    }

    /// <summary>Runs one batch and gives the replies as text.</summary>
    public string Replies(RequestBlock requests)
    {
        if (_loop.Pipeline.RunDirect(_client, requests.Data, requests.Data + requests.BatchEnds[0], out _) is null)
            throw new InvalidOperationException("Nothing was run.");
        var output = _client.Connection.Output;
        var text = new StringBuilder();
        for (BufferSegment* segment = output.Head; segment != null; segment = segment->Next)
            text.Append(Encoding.Latin1.GetString(segment->Data, segment->Length));
        output.Clear();
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Connection.Output.Clear();
        _client.Recycle();
        _server.Dispose();
    }
}
