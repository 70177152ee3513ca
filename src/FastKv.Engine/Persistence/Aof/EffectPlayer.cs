using System.Text;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Sharding;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Persistence.Aof;

// Control plane. Runs the commands of an AOF on the partitions, which nobody else touches meanwhile. Nothing expires: a key (or a field) is there until the file
// says that it went, so the clock stands at 0; only commands that ask what time it is (from now on, in files of before Redis 7; when a consumer was seen) see
// the real one.

/// <summary>Runs commands from memory.</summary>
internal sealed unsafe class EffectPlayer : IDisposable
{
    private readonly FastKvServer _server;
    private readonly Partition[] _partitions;
    private readonly ArgumentArray _arguments = new();
    private readonly BufferPool _segments = new(retainedSegmentsMax: 1);
    private readonly BufferChain _replies;
    private readonly ErrorCounts _errors = new();
    private readonly Client _client;
    private readonly long _nowMs;
    private RequestParser _parser = new() { Authenticated = true };

    public EffectPlayer(FastKvServer server)
    {
        _server = server;
        _partitions = server.Partitions;
        _replies = new BufferChain(_segments);
        _client = new Client { Loop = server.Loops[0], Authenticated = true };
        _nowMs = server.Clock.UnixMicroseconds / 1000;
    }

    /// <summary>Runs [cursor, end), which holds whole commands and lines of comment only.</summary>
    public void Run(byte* cursor, byte* end, string fileName)
    {
        SetClocks(0);
        KeepExpired(true);
        while (cursor < end)
        {
            if (*cursor == '#')
            {
                while (*cursor++ != '\n')
                {
                }
                continue;
            }
            _arguments.Clear();
            _parser.Next(ref cursor, end, _arguments, _server.ProtocolLimits, out int first, out int count);
            Run(_arguments.Items + first, count, fileName);
        }
        SetClocks(_nowMs);
    }

    public void Dispose()
    {
        KeepExpired(false);
        _parser.Dispose();
        _arguments.Dispose();
        _replies.Clear();
        _segments.Dispose();
        _client.Recycle();
    }

    private void Run(Argument* arguments, int count, string fileName)
    {
        if (count == 0)
            return;
        var command = CommandTable.Find(arguments->Pointer, arguments->Length);
        if (command is not null)
            command = CommandRules.Refine(command, arguments, count);
        if (command is null)
            throw new AofFault($"Unknown command '{Encoding.Latin1.GetString(arguments->Span)}' reading the append only file {fileName}");
        switch (command.Name)
        {
            case "multi" or "exec":
                return;
            case "select":
                Select(arguments, fileName);
                return;
        }
        CommandContext context = default;
        context.Command = command;
        context.Arguments = arguments;
        context.Count = count;
        context.Client = _client;
        context.DatabaseIndex = _client.Database;
        context.Partitions = _partitions;
        context.IsInTransaction = true;
        context.Reply = new ReplyWriter(_replies, 2, _errors);
        bool asksForTime = AsksForTime(command.Name);
        if (asksForTime)
            SetClocks(_nowMs);
        RunOn(ref context);
        if (asksForTime)
            SetClocks(0);
        _replies.Clear();
        _errors.Pending = 0;
        _errors.IsRejection = false;
    }

    private void RunOn(ref CommandContext context)
    {
        var command = context.Command;
        if (command.Route == CommandRoute.Everywhere && command.Merge != PartMerge.None && _partitions.Length > 1)
        {
            foreach (var partition in _partitions)
            {
                context.Partition = partition;
                context.IsPart = true;
                command.Handler(ref context);
            }
            return;
        }
        int shard = _partitions.Length == 1 || command.Route != CommandRoute.Keys
            ? 0
            : CommandRules.ShardOf(command, context.Arguments, context.Count, _partitions[0].Routing);
        context.Partition = _partitions[Math.Max(shard, 0)];
        command.Handler(ref context);
    }

    private void Select(Argument* arguments, string fileName)
    {
        if (!NumberText.TryParseInt64(arguments[1].Span, out long index) || index < 0 || index >= _server.Options.Databases)
            throw new AofFault($"Invalid database in SELECT reading the append only file {fileName}");
        _client.Database = (int)index;
    }

    private void SetClocks(long nowMs)
    {
        foreach (var partition in _partitions)
        {
            partition.SetClock(_nowMs);
            partition.NowMs = nowMs;
        }
    }

    private void KeepExpired(bool keeps)
    {
        foreach (var partition in _partitions)
            partition.KeepsExpired = keeps;
    }

    private static bool AsksForTime(string name) => name is
        "expire" or "pexpire" or "setex" or "psetex" or "getex" or "hexpire" or "hpexpire" or "hsetex" or "hgetex" or "xclaim" or "xgroup|createconsumer";
}
