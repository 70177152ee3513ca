using FastKv.Engine.Clients;
using FastKv.Engine.Persistence;
using FastKv.Engine.Persistence.Aof;
using FastKv.Engine.Persistence.Loading;
using FastKv.Network;

namespace FastKv.Engine;

// Control plane. How the server comes to the data that lie on the disk, be it at the start or because DEBUG asks for it.
public sealed partial class FastKvServer
{
    /// <summary>
    /// Starts the server on the data on disk, if there are any; with an append-only file it is that which counts, as in Redis. While much is loaded
    /// (<c>loading-process-events-interval-bytes</c>) clients are served already, as far as that is possible without data; else they wait.
    /// </summary>
    /// <param name="listening">Called when the listeners are open, before much is loaded.</param>
    /// <returns>False: the server was asked to end before all was loaded. It has to be disposed of.</returns>
    /// <exception cref="DatasetException">The data are damaged, or cannot be read.</exception>
    /// <exception cref="NetworkException">An address cannot be bound.</exception>
    public bool LoadAndStart(Action? listening = null)
    {
        long bytes = Options.AppendOnly ? Aof.BytesOnDisk : Dataset.BytesOnDisk;
        if (bytes < Options.LoadingProcessEventsBytes)
        {
            LogInitialized();
            using (var own = LoadCrew.OfThreads(_partitions))
                Load(own);
            Start();
            listening?.Invoke();
            return true;
        }
        Loading.BeginServing(Clock.UnixMicroseconds / 1000);
        CommonGate |= ClientGate.Loading;
        foreach (var partition in _partitions)
            partition.IsLoading = true;
        using var crew = LoadCrew.OfLoops(this, Loading.Cancelled);
        Start();
        LogInitialized();
        listening?.Invoke();
        try
        {
            Load(crew);
            crew.RunAlone(EndLoading);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void LogInitialized()
    {
        Log.Notice($"Running mode=standalone, port={Options.Port}.");
        Log.Notice("Server initialized");
    }

    private void Load(LoadCrew crew)
    {
        try
        {
            if (Options.AppendOnly)
            {
                // The log is there before anybody can write.
                var manifest = new AofLoader(this, Files, crew).Load();
                crew.RunAlone(() => Aof.Start(manifest));
            }
            else
            {
                Dataset.LoadAtStart(crew);
            }
        }
        catch (AofFault fault)
        {
            throw new DatasetException(fault.Message);
        }
        catch (OperationCanceledException)
        {
            if (crew.Failure is { } failure)
                throw failure as DatasetException ?? new DatasetException(failure.Message);
            throw;
        }
    }

    /// <summary>All is there; all partitions are held.</summary>
    private void EndLoading()
    {
        foreach (var partition in _partitions)
        {
            partition.IsLoading = false;
            partition.UpdateClock();
        }
        SetCommonGate(ClientGate.Loading, isOn: false);
        Loading.EndServing();
    }

    /// <summary>
    /// Asks for the end while the dataset is being loaded, which must not be saved over the file it comes from; false: it is not being loaded.
    /// </summary>
    private bool TryEndLoading()
    {
        if (!Loading.IsServing)
            return false;
        Log.Warning("User requested shutdown...");
        Loading.Cancel();
        _shutdown.TrySetResult(0);
        return true;
    }

    /// <summary>Loads the append-only file in the place of what there is (DEBUG LOADAOF); all partitions are held.</summary>
    /// <returns>False: it cannot be loaded, which was logged; then all is as it was.</returns>
    internal bool TryReloadJournal()
    {
        bool wasTelling = Aof.IsTelling;
        if (wasTelling && !Aof.TrySilence())
        {
            Log.Warning("The append only file does not hold all data: it cannot be loaded now");
            return false;
        }
        var former = DatasetAside.Take(this);
        bool isLoaded = true;
        try
        {
            using var crew = LoadCrew.OfThreads(_partitions);
            if (new AofLoader(this, Files, crew).Load() is null)
                throw new AofFault("There is no append only file");
            former.Discard();
            Log.Warning("Append Only File loaded by DEBUG LOADAOF");
        }
        catch (AofFault fault)
        {
            former.PutBack();
            Log.Warning(fault.Message);
            isLoaded = false;
        }
        if (wasTelling)
            Aof.Listen();
        return isLoaded;
    }
}
