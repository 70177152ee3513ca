namespace FastKv.Structures;

/// <summary>Where an element of a list stands, until the list changes. Data plane.</summary>
public readonly unsafe struct ListPosition
{
    internal ListPosition(int node, int offset, byte* element)
    {
        Node = node;
        Offset = offset;
        Element = element;
    }

    /// <summary>The element.</summary>
    public byte* Element { get; }

    /// <summary>Index of the node; 0 in a list that stands in its entry.</summary>
    internal int Node { get; }

    /// <summary>From the first element's first byte.</summary>
    internal int Offset { get; }
}
