"""The instance types one can buy: their sizes, prices by region and what a kubelet keeps."""
