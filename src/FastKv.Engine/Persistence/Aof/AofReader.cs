using System.Text;
using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Loading;
using FastKv.Protocol;

namespace FastKv.Engine.Persistence.Aof;

// Control plane, but for the loop over commands. From the bytes of an AOF to commands for each partition:
//
//   file ──parse, find, hash──► batch of shard 0 ──► its queue          one key, or several of one shard
//                        ├────► batch of shard 1 ──► its queue
//                        └────► batch that is run alone, when all that was sent before is done
//
// A command over several shards waits for all of them, which costs as much as some hundred commands: where there is one there are more (MSET of a
// redis-server), so those that follow are run alone too, until there has been none for a while.

/// <summary>The players of a load: one per partition, and one for what concerns several.</summary>
internal sealed class EffectPlayers : IDisposable
{
    public EffectPlayers(FastKvServer server)
    {
        Alone = new EffectPlayer(server, -1);
        OfShard = new EffectPlayer[server.Partitions.Length];
        for (int i = 0; i < OfShard.Length; i++)
            OfShard[i] = new EffectPlayer(server, i);
    }

    public EffectPlayer[] OfShard { get; }

    public EffectPlayer Alone { get; }

    public void Dispose()
    {
        Alone.Dispose();
        foreach (var player in OfShard)
            player.Dispose();
    }
}

/// <summary>Whose keys a file has, if it is one of a generation of several.</summary>
/// <param name="Shard">The shard of the server that wrote it.</param>
/// <param name="Routing">That server's.</param>
/// <param name="Begin">Called when the first unit of the file has been run. That of the first file may concern all shards (FLUSHALL, SWAPDB): it is the barrier
/// at which the generation began, and comes before everything else in it.</param>
/// <param name="Others">Waits until the files before it have been read. What is no effect of that shard was appended by a redis-server, which goes on in the
/// last file that it finds, and comes after all of them.</param>
internal sealed record AofHome(int Shard, Routing Routing, Action? Begin, Action Others);

/// <summary>Reads the commands of one file, for a crew to run. Several may read at the same time, as long as their files have no key in common.</summary>
internal sealed unsafe class AofReader : IDisposable
{
    private const long BytesPerBatch = 1 << 18;

    /// <summary>After so many commands that concern one shard each the shards go on by themselves.</summary>
    private const int QuietCommands = 64;

    /// <summary>How far bytes are counted, and commands delayed, at a stretch.</summary>
    private const int CommandsPerNote = 64;

    private readonly FastKvServer _server;
    private readonly LoadCrew _crew;
    private readonly EffectPlayers _players;
    private readonly Routing _routing;
    private readonly string _fileName;
    private readonly ArgumentArray _arguments = new();
    private readonly EffectBatch?[] _open;
    private RequestParser _parser = new() { Authenticated = true, IsFile = true };
    private EffectBatch? _alone;
    private AofHome? _home;

    /// <summary>Called at the end of the first unit; null once it has been.</summary>
    private Action? _begin;
    private bool _isInTransaction;
    private int _sinceSpanning;
    private int _database;
    private int _unannounced;
    private byte* _announced;

    /// <param name="server">Whose data it is.</param>
    /// <param name="crew">Who runs the commands.</param>
    /// <param name="players">What they are run with.</param>
    /// <param name="fileName">For messages.</param>
    /// <param name="home">Null: it is read by itself.</param>
    public AofReader(FastKvServer server, LoadCrew crew, EffectPlayers players, string fileName, AofHome? home)
    {
        (_server, _crew, _players, _fileName, _home, _begin) = (server, crew, players, fileName, home, home?.Begin);
        _routing = server.Partitions[0].Routing;
        _open = new EffectBatch?[players.OfShard.Length];
    }

    /// <summary>Reads [cursor, end), which holds whole commands and lines of comment only.</summary>
    /// <exception cref="AofFault">There is something that cannot be run.</exception>
    /// <exception cref="OperationCanceledException">The load has been given up.</exception>
    public void Run(byte* cursor, byte* end)
    {
        _announced = cursor;
        while (cursor < end)
        {
            if (*cursor == '#')
            {
                while (*cursor++ != '\n')
                {
                }
                continue;
            }
            byte* start = cursor;
            _arguments.Clear();
            _parser.Next(ref cursor, end, _arguments, AofUnits.Limits, out int first, out int count);
            if (count > 0 && Dispatch(_arguments.Items + first, count, cursor - start) && _begin is not null)
                EndFirstUnit();
            if (++_unannounced == CommandsPerNote)
                Announce(cursor);
        }
        Announce(end);
        SendAll();
        RunAlone();
    }

    private void EndFirstUnit()
    {
        SendAll();
        RunAlone();
        _begin!();
        _begin = null;
    }

    public void Dispose()
    {
        // After a fault batches may be open.
        for (int i = 0; i < _open.Length; i++)
        {
            _open[i]?.Recycle();
            _open[i] = null;
        }
        _alone?.Recycle();
        _alone = null;
        _parser.Dispose();
        _arguments.Dispose();
    }

    /// <summary>Passes a command on; whether a unit ends with it.</summary>
    private bool Dispatch(Argument* arguments, int count, long bytes)
    {
        var command = AofCommands.Find(arguments, count);
        if (command is null)
        {
            if (!FunctionEffects.IsEffect(arguments, count))
                throw new AofFault($"Unknown command '{Encoding.Latin1.GetString(arguments->Span)}' reading the append only file {_fileName}");
            FollowFunctions(arguments, count);
            return !_isInTransaction;
        }
        if (command.FirstKey == 0)
        {
            switch (command.Name)
            {
                case "multi" or "exec":
                    _isInTransaction = command.Name == "multi";
                    return !_isInTransaction;
                case "select":
                    Select(arguments);
                    return false;
            }
        }
        ulong hash = command.FirstKey > 0 ? _routing.Hash(arguments[command.FirstKey].Pointer, arguments[command.FirstKey].Length) : 0;
        int shard = 0;
        if (_open.Length > 1)
            shard = command.Route == CommandRoute.Keys ? CommandRules.ShardOf(command, arguments, count, _routing) : Sharding.CommandBatch.Spanning;
        if (_home is not null && !IsAtHome(_home, command, shard, arguments, count))
        {
            _home.Others();
            _home = null;
        }
        if (shard < 0 || _alone is not null)
        {
            AddAlone(command, hash, arguments, count, isSpanning: shard < 0);
            return !_isInTransaction;
        }
        var batch = _open[shard] ??= _players.OfShard[shard].Rent();
        batch.Add(command, hash, _database, arguments, count);
        batch.Bytes += bytes;
        if (batch.Count == EffectBatch.CommandsMax || batch.Bytes >= BytesPerBatch)
            Send(shard);
        return !_isInTransaction;
    }

    private void FollowFunctions(Argument* arguments, int count)
    {
        // A redis-server has appended it: one reader is left that does.
        _home?.Others();
        _home = null;
        if (!FunctionEffects.TryApply(_server.Dataset.Functions, arguments, count))
            _server.Log.Warning($"A FUNCTION {Encoding.Latin1.GetString(arguments[1].Span)} in the append only file {_fileName} has no effect");
    }

    private bool IsAtHome(AofHome home, CommandDescriptor command, int shard, Argument* arguments, int count)
    {
        if (command.Route != CommandRoute.Keys)
            return false;
        if (home.Routing.ShardCount != _routing.ShardCount)
            shard = CommandRules.ShardOf(command, arguments, count, home.Routing);
        return shard == home.Shard;
    }

    private void Select(Argument* arguments)
    {
        if (!NumberText.TryParseInt64(arguments[1].Span, out long index) || index < 0 || index >= _server.Options.Databases)
            throw new AofFault($"Invalid database in SELECT reading the append only file {_fileName}");
        _database = (int)index;
    }

    private void AddAlone(CommandDescriptor command, ulong hash, Argument* arguments, int count, bool isSpanning)
    {
        SendAll();
        _alone ??= _players.Alone.Rent();
        _alone.Add(command, hash, _database, arguments, count);
        _sinceSpanning = isSpanning ? 0 : _sinceSpanning + 1;
        if (_sinceSpanning < QuietCommands && _alone.Count < EffectBatch.CommandsMax)
            return;
        bool isOver = _sinceSpanning >= QuietCommands;
        RunAlone();
        if (!isOver)
            _alone = _players.Alone.Rent();
    }

    private void RunAlone()
    {
        if (_alone is not { } batch)
            return;
        _crew.RunAlone(batch.RunAll);
        _alone = null;
        batch.Recycle();
    }

    private void SendAll()
    {
        for (int shard = 0; shard < _open.Length; shard++)
            Send(shard);
    }

    private void Send(int shard)
    {
        if (_open[shard] is not { } batch)
            return;
        _open[shard] = null;
        if (!_crew.TrySend(shard, batch))
            batch.Recycle();
        _crew.Cancelled.ThrowIfCancellationRequested();
    }

    private void Announce(byte* cursor)
    {
        _server.Loading.Add(cursor - _announced);
        _announced = cursor;
        _server.Loading.Delay(_unannounced);
        _unannounced = 0;
    }
}
