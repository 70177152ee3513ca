namespace FastKv.Server.Check;

/// <summary>Sums over some keys of a file. Control plane.</summary>
internal sealed class KeyFigures
{
    public long Keys, Elements, FileBytes, MemoryBytes, ElementsMax;

    /// <summary>Adds one key.</summary>
    public void Add(long fileBytes, in ValueFigures value)
    {
        Keys++;
        FileBytes += fileBytes;
        MemoryBytes += value.MemoryBytes;
        Elements += value.Elements;
        ElementsMax = Math.Max(ElementsMax, value.Elements);
    }
}
